import { ATTRIBUTION_DAYS } from '../../contracts/abTests.ts';

/** SQL: how long after an answer an event is put down to it. */
export const ATTRIBUTION = `make_interval(days => ${ATTRIBUTION_DAYS})`;

/**
 * SQL of what users did with movies of some answers, for whoever counts it: goes on from a `shown` with recommendation_id, user_id and movie_ids of these
 * answers and their served_at, and gives `credited`, the rows of the view `event_answers` that are put down to them and come within ATTRIBUTION_DAYS. The
 * view says which answer an event is put down to; here are only those events looked at that may be.
 */
export const CREDITED = `
  candidates as (
    select i.event_id from shown s join interactions i on i.user_id = s.user_id and i.movie_id = any (s.movie_ids)
    where i.occurred_at >= s.served_at and i.occurred_at < s.served_at + ${ATTRIBUTION}
    union
    select i.event_id from shown s join interactions i on i.recommendation_id = s.recommendation_id
  ),
  credited as (
    select e.* from candidates join event_answers e using (event_id)
    where e.recommendation_id in (select recommendation_id from shown) and e.occurred_at < e.served_at + ${ATTRIBUTION}
  )`;
