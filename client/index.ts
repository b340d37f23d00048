/** What the package movie-mlops-client is: docs/client.md. */
export { runParamsOf } from '../contracts/endpoints/runParams.ts';
export { Failure } from '../contracts/failures.ts';
export type { ProblemBody } from '../contracts/problem.ts';
export type { Run, RunDetail, RunState, RunStep } from '../contracts/runs.ts';
export { createArtifactClient, type ArtifactClient, type ArtifactContent, type ArtifactEntry } from './artifacts.ts';
export { createClient, type Call, type Client } from './createClient.ts';
export { ApiProblem, CallFailed, isPassing, NoSuchApi } from './errors.ts';
export { exportUser } from './exportUser.ts';
export { follow, followRun, patiently, type Patience } from './follow.ts';
export type { AnswerOf, RequestOf } from './request.ts';
export type { ClientOptions } from './send.ts';
export { durationText, numberText, progressText } from './words.ts';
