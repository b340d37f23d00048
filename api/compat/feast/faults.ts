import type { ErrorRequestHandler } from 'express';

/** One fault of a body, as pydantic says it. */
export interface BodyFault {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
}

/** An error in the shape of Feast's feature server. Where Feast blames itself (500) for what its caller sent, this says 422. */
export class FeastFault extends Error {
  override readonly name = 'FeastFault';
  private constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super(JSON.stringify(body));
  }

  /** One of Feast's own errors, which its client raises again: a JSON string with JSON in it. */
  static ofClass(status: number, name: string, message: string): FeastFault {
    return new FeastFault(status, `{"module": "feast.errors", "class": "${name}", "message": ${JSON.stringify(message)}}`);
  }
  static ofValue(message: string): FeastFault {
    return new FeastFault(422, message);
  }
  static ofBody(faults: readonly BodyFault[]): FeastFault {
    return new FeastFault(422, { detail: faults });
  }
  static ofState(status: number, body: unknown): FeastFault {
    return new FeastFault(status, body);
  }
}

export const answerFaults: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (!(error instanceof FeastFault)) return next(error);
  res.status(error.status).json(error.body);
};

export const PROJECT = 'movie_mlops';

export const viewNotFound = (view: string) =>
  FeastFault.ofClass(404, 'FeatureViewNotFoundException', `Feature view ${view} does not exist in project ${PROJECT}`);
export const serviceNotFound = (service: string) =>
  FeastFault.ofClass(404, 'FeatureServiceNotFoundException', `Feature service ${service} does not exist in project ${PROJECT}`);
