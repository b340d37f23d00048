import type { ErrorRequestHandler } from 'express';
import { clip } from '../../contracts/bounded.ts';
import { Failure } from '../../contracts/failures.ts';
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

  /** As the words of a call of Arrow Flight, in which Feast's client looks for its own errors. */
  get inFlight(): string {
    if (typeof this.body !== 'string') return this.message;
    return this.body.startsWith('{') ? `Flight error: ${this.body}` : this.body;
  }

  /** One of Feast's own errors, which its client raises again: a JSON string with JSON in it. */
  static ofClass(name: keyof typeof CLASSES, message: string): FeastFault {
    return new FeastFault(CLASSES[name], `{"module": "feast.errors", "class": "${name}", "message": ${JSON.stringify(bounded(message))}}`);
  }
  static ofValue(message: string): FeastFault {
    return new FeastFault(OTHERS.value, bounded(message));
  }
  static ofBody(faults: readonly BodyFault[]): FeastFault {
    return new FeastFault(OTHERS.body, { detail: faults.slice(0, FAULTS.most).map(boundedFault) });
  }
  /** Views that are being materialized already. */
  static ofBusy(body: unknown): FeastFault {
    return new FeastFault(OTHERS.busy, body);
  }
  /** A materialization that failed. */
  static ofRun(message: string): FeastFault {
    return new FeastFault(OTHERS.run, bounded(message));
  }
}

/** Statuses of Feast's own errors by their class, and of what it says without one. */
const CLASSES = {
  FeastObjectNotFoundException: 404,
  FeatureViewNotFoundException: 404,
  FeatureServiceNotFoundException: 404,
  FeatureNameCollisionError: 422,
  FeastEntityDFMissingColumnsError: 422,
  DataSourceObjectNotFoundException: 404,
  PushSourceNotFoundException: 422,
};
const OTHERS = { value: 422, body: 422, busy: 409, run: 500 };

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
  const fault = error instanceof Failure && error.kind === 'invalid' ? FeastFault.ofValue(wordsOf(error)) : error;
  if (!(fault instanceof FeastFault)) return next(error);
  res.status(fault.status).json(fault.body);
};

/** Feast's words name no field of ours. */
export const wordsOf = ({ errors, message }: Failure) => errors.map((error) => error.message).join('; ') || message;

export const PROJECT = 'movie_mlops';

export const viewNotFound = (view: string) =>
  FeastFault.ofClass('FeatureViewNotFoundException', `Feature view ${view} does not exist in project ${PROJECT}`);
export const serviceNotFound = (service: string) =>
  FeastFault.ofClass('FeatureServiceNotFoundException', `Feature service ${service} does not exist in project ${PROJECT}`);
