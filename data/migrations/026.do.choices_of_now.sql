alter table staged_files add column rejected_links bigint not null default 0; -- rows of links.csv that were set aside beside the movies

-- What tells a copy of a set: who chose what, by the ids that the set itself gives, how they rated it, and when. The seed is the second, or 0 where the
-- set has no times of its own. Before, the digest went by times and ratings alone, which two different sets share where they have neither.
create function choice_hash(source text, user_id text, item text, rating double precision, seed bigint) returns bigint
language sql immutable parallel safe as $$
  select hash_record_extended(
    (case when starts_with(user_id, source || ':') then substr(user_id, length(source) + 2) else user_id end, item, rating), seed)
$$;

with span as (
  select source, min(rated_at) = max(rated_at) as is_untimed from ratings group by source
), digests as (
  select r.source, count(*) || '-' || sum(choice_hash(r.source, r.user_id, coalesce(o.external_id, x.external_id, r.movie_id::text), r.rating,
    case when s.is_untimed then 0 else date_part('epoch', r.rated_at)::bigint end)) as digest
  from ratings r
  join span s using (source)
  join data_sets d on d.name = r.source
  left join own_movie_ids o on o.movie_id = r.movie_id
  left join (
    select movie_id, min(external_id::integer)::text as external_id from movie_external_ids where source = 'ml-100k' group by movie_id
  ) x on x.movie_id = r.movie_id and d.format = 'tab'
  group by r.source
)
update data_sets d set digest = digests.digest from digests where digests.source = d.name;

-- What is later than this has not happened yet. Clocks differ, but not by more than a day.
create function latest_time() returns timestamptz language sql stable parallel safe as $$ select now() + interval '1 day' $$;

-- An event of the future counts when its day has come: until then it is no choice.
create or replace view user_choices as
  select user_id, movie_id, 'rating' as opinion, rating, rated_at as happened_at, true as is_chosen, line::bigint as place, source
  from ratings r
  where not exists (
    select from interactions i
    where i.user_id = r.user_id and i.movie_id = r.movie_id and i.occurred_at >= r.rated_at and i.occurred_at <= latest_time()
      and opinion_of(i.interaction_type, i.rating) is not null
  )
  union all
  select user_id, movie_id, opinion, rating, happened_at, opinion is distinct from 'dislike', seq + 2147483647, null
  from (
    select distinct on (user_id, movie_id)
      user_id, movie_id, opinion_of(interaction_type, rating) as opinion, rating, occurred_at as happened_at, seq
    from interactions
    where occurred_at <= latest_time()
    order by user_id, movie_id, opinion_of(interaction_type, rating) is null, occurred_at desc, seq desc
  ) e
  where not exists (
    select from ratings r where r.user_id = e.user_id and r.movie_id = e.movie_id and (e.opinion is null or r.rated_at > e.happened_at)
  );
