-- What the model server answered, for a stated time: who got what, by which variant and version, from which history. Rows come in batches a moment after
-- the answer; the same answer again changes nothing.
create table served_answers (
  recommendation_id uuid not null,
  variant text not null,
  is_shadow boolean not null, -- asked beside the one that answered, and not shown
  served_at timestamptz not null,
  user_id text, -- null for nobody in particular
  route text not null,
  revision integer not null,
  assignment text not null check (assignment in ('user', 'chance', 'operator')), -- what the variant was chosen by
  propensity double precision not null, -- share of the users that the variant had
  model text not null,
  version text not null,
  k integer not null,
  movie_ids integer[] not null, -- best first
  scores double precision[] not null,
  exclude_seen boolean not null,
  seen_from text not null,
  history integer[] not null, -- what the user had chosen, oldest first; the latest where there are more
  history_length integer not null,
  disliked integer[] not null,
  primary key (recommendation_id, variant)
);
create index served_answers_of_user on served_answers (user_id, served_at desc);
create index served_answers_of_route on served_answers (route, revision);
create index served_answers_by_age on served_answers using brin (served_at);
