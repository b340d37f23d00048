-- What became of what was shown: events name the answer that they go back to, and sums by the hour in which answers were given.

alter table interactions add column recommendation_id uuid; -- the answer that whoever sent the event says it goes back to; it may be nobody's
create index interactions_of_answer on interactions (recommendation_id) where recommendation_id is not null;
create index interactions_by_arrival on interactions using brin (received_at);
-- They count when their day has come, long after they arrived.
create index interactions_of_future on interactions (occurred_at) where occurred_at - received_at > interval '24 hours';

alter table served_answers add column stored_at timestamptz not null default now();
create index served_answers_by_arrival on served_answers using brin (stored_at);

-- What an event did, and the answer that it is put down to: the one that it names, where that was given to this user (or to nobody in particular) and has
-- the movie; else the latest one before it that was given to the user and has the movie; nulls where there is none. Whoever counts says how long after
-- the answer an event still counts. What was not shown counts nowhere. An event that names its answer came after it, whatever the clock of its sender says.
create view event_answers as
  select i.event_id, i.seq, i.user_id, i.movie_id, i.occurred_at, i.received_at, i.recommendation_id as named_id, i.rating, opinion,
    is_choice(i.interaction_type, i.rating) as is_click, coalesce(opinion = 'like' or i.rating >= 4, false) as is_like,
    s.recommendation_id, s.served_at, s.place, s.is_named
  from interactions i
  cross join lateral opinion_of(i.interaction_type, i.rating) as opinion
  left join lateral (
    select *
    from (
      (
        select n.recommendation_id, n.served_at, array_position(n.movie_ids, i.movie_id) as place, true as is_named
        from served_answers n
        where n.recommendation_id = i.recommendation_id and not n.is_shadow and (n.user_id is null or n.user_id = i.user_id)
          and i.movie_id = any (n.movie_ids) and n.served_at <= i.occurred_at + interval '1 day'
      )
      union all
      (
        select l.recommendation_id, l.served_at, array_position(l.movie_ids, i.movie_id), false
        from served_answers l
        where l.user_id = i.user_id and not l.is_shadow and i.movie_id = any (l.movie_ids) and l.served_at <= i.occurred_at
        order by l.served_at desc limit 1
      )
    ) answers
    order by is_named desc limit 1
  ) s on true
  where i.occurred_at <= latest_time();

-- Sums over the answers of an hour. A row is counted anew, whole, whenever an answer or an event of its hour comes.
create table outcome_sums (
  hour timestamptz not null, -- in which the answers were given
  model text not null,
  version text not null,
  route text not null,
  variant text not null,
  answers integer not null,
  shown integer not null, -- movies
  clicks integer not null, -- movies that were clicked, each once an answer
  clicked_answers integer not null,
  converted_answers integer not null,
  places bigint not null, -- sum of the places of the clicked movies, the first being 1
  reciprocal_ranks double precision not null, -- sum over the answers of one by the place of the best placed click
  likes integer not null, -- movies, by the latest opinion on each
  dislikes integer not null,
  ratings integer not null, -- movies, by the latest rating of each
  rating_sum double precision not null,
  information double precision not null, -- sum over the movies shown of -log2 of the share of users who had chosen each
  movie_ids integer[] not null, -- each once
  primary key (hour, model, version, route, variant)
);
create index outcome_sums_of_version on outcome_sums (model, version, hour);

-- Hours that are to be counted anew.
create table outcome_hours_due (hour timestamptz primary key);

-- How the events of five minutes were put down to answers.
create table outcome_events (
  since timestamptz primary key, -- when they arrived, from then on
  events integer not null,
  by_id integer not null,
  by_time integer not null,
  late integer not null, -- later after their answer than counts
  unmatched integer not null -- name an answer that they cannot go back to; some of them are put down to another by their time
);

create table movie_popularity (
  movie_id integer primary key,
  share double precision not null -- of the users who chose anything
);

create table outcome_state (
  is_only boolean primary key default true check (is_only),
  counted_to timestamptz, -- whatever arrived before is counted, or its hour is due
  popularity_at timestamptz, -- when movie_popularity was counted
  users bigint not null default 0 -- who had chosen anything then
);
insert into outcome_state default values;
