import type { ErrorRequestHandler } from 'express';
import { clip } from '../../contracts/bounded.ts';
import { FAULTS } from '../../contracts/sizes.ts';

/** One fault of a body, as pydantic says it. */
export interface BodyFault {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
}

/** An error in the shape of Feast's feature server, in bounded words whatever was sent. Where Feast blames itself (500) for what its caller sent, this says 422. */
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
    return new FeastFault(status, `{"module": "feast.errors", "class": "${name}", "message": ${JSON.stringify(bounded(message))}}`);
  }
  static ofValue(message: string): FeastFault {
    return new FeastFault(422, bounded(message));
  }
  static ofBody(faults: readonly BodyFault[]): FeastFault {
    return new FeastFault(422, { detail: faults.slice(0, FAULTS.most).map(boundedFault) });
  }
  static ofState(status: number, body: unknown): FeastFault {
    return new FeastFault(status, body);
  }
}

const bounded = (text: string) => clip(text, FAULTS.textCharacters);

/** Pydantic repeats what it got; what is long is told by its beginning. */
function boundedFault({ loc, input, ...rest }: BodyFault): BodyFault {
  const text = JSON.stringify(input) ?? '';
  return {
    ...rest,
    loc: loc.map((part) => (typeof part === 'string' ? clip(part, FAULTS.fieldCharacters) : part)),
    input: text.length > FAULTS.messageCharacters ? clip(text, FAULTS.messageCharacters) : input,
  };
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
