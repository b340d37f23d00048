import type { RequestHandler } from 'express';
import { isDeeperThan } from '../../contracts/bounded.ts';
import { invalid } from '../../contracts/failures.ts';
import { BODY_DEPTH } from '../../contracts/sizes.ts';

/** Whoever looks into a body or keeps it goes down it by recursion, and so does Postgres: a body that nests deep enough would end them all. */
export const refuseDeepBody: RequestHandler = (req, _res, next) => {
  if (isDeeperThan(req.body, BODY_DEPTH)) throw invalid('body', `nests deeper than ${BODY_DEPTH}`);
  next();
};
