-- Which of several rows of one moment came later: in many sets most of a user's rows share their second with another.

alter table ratings add column line integer; -- where the row stood in its file; null for what came before this column
alter table interactions add column seq bigint generated always as identity; -- in the order in which events came in

-- `place` orders rows of one moment: an event, which came by itself, after a rating that came with a set. Null where nobody knows.
create or replace view user_choices as
  select distinct on (user_id, movie_id) user_id, movie_id, opinion, rating, happened_at, opinion is distinct from 'dislike' as is_chosen, place
  from (
    select user_id, movie_id, 'rating' as opinion, rating, rated_at as happened_at, line::bigint as place from ratings
    union all
    select user_id, movie_id, opinion_of(interaction_type, rating), rating, occurred_at, seq + 2147483647 from interactions
  ) log
  order by user_id, movie_id, opinion is null, happened_at desc, place desc nulls last;
