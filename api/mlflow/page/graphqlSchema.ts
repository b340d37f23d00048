import { buildSchema, type GraphQLObjectType, type GraphQLScalarType } from 'graphql';

/** What of MLflow's GraphQL schema its web page asks, in its names. */
const SDL = `
  directive @component(name: String!) on QUERY | MUTATION
  "An int64, as text"
  scalar LongString
  enum MlflowRunStatus { RUNNING SCHEDULED FINISHED FAILED KILLED }
  enum MlflowViewType { ACTIVE_ONLY DELETED_ONLY ALL }
  enum MlflowModelVersionStatus { PENDING_REGISTRATION FAILED_REGISTRATION READY }

  type Query {
    mlflowGetExperiment(input: MlflowGetExperimentInput): MlflowGetExperimentResponse
    mlflowGetRun(input: MlflowGetRunInput): MlflowGetRunResponse
    mlflowSearchRuns(input: MlflowSearchRunsInput): MlflowSearchRunsResponse
    mlflowGetMetricHistoryBulkInterval(input: MlflowGetMetricHistoryBulkIntervalInput): MlflowGetMetricHistoryBulkIntervalResponse
  }
  input MlflowGetExperimentInput { experimentId: String }
  input MlflowGetRunInput { runId: String, runUuid: String }
  input MlflowSearchRunsInput {
    experimentIds: [String], filter: String, runViewType: MlflowViewType, maxResults: Int, orderBy: [String], pageToken: String
  }
  input MlflowGetMetricHistoryBulkIntervalInput { runIds: [String], metricKey: String, startStep: Int, endStep: Int, maxResults: Int }

  type ApiError { code: String, message: String, helpUrl: String, traceId: String }
  type MlflowGetExperimentResponse { experiment: MlflowExperiment, apiError: ApiError }
  type MlflowGetRunResponse { run: MlflowRunExtension, apiError: ApiError }
  type MlflowSearchRunsResponse { runs: [MlflowRunExtension!], nextPageToken: String, apiError: ApiError }
  type MlflowGetMetricHistoryBulkIntervalResponse { metrics: [MlflowMetricWithRunId!], apiError: ApiError }

  type MlflowExperiment {
    experimentId: String, name: String, artifactLocation: String, lifecycleStage: String, lastUpdateTime: LongString
    creationTime: LongString, tags: [MlflowExperimentTag!], effectiveTraceArchivalRetention: String, workspace: String
  }
  type MlflowExperimentTag { key: String, value: String }
  type MlflowRunExtension {
    info: MlflowRunInfo, data: MlflowRunData, inputs: MlflowRunInputs, outputs: MlflowRunOutputs
    experiment: MlflowExperiment, modelVersions: [MlflowModelVersion!]
  }
  type MlflowRunInfo {
    runId: String, runUuid: String, runName: String, experimentId: String, userId: String, status: MlflowRunStatus
    startTime: LongString, endTime: LongString, artifactUri: String, lifecycleStage: String
  }
  type MlflowRunData { metrics: [MlflowMetricExtension!], params: [MlflowParam!], tags: [MlflowRunTag!] }
  type MlflowMetricExtension {
    key: String, value: Float, timestamp: LongString, step: LongString, datasetName: String, datasetDigest: String, modelId: String, runId: String
  }
  type MlflowMetricWithRunId { key: String, value: Float, timestamp: LongString, step: LongString, runId: String }
  type MlflowParam { key: String, value: String }
  type MlflowRunTag { key: String, value: String }
  type MlflowRunInputs { datasetInputs: [MlflowDatasetInput!], modelInputs: [MlflowModelInput!] }
  type MlflowDatasetInput { tags: [MlflowInputTag!], dataset: MlflowDataset }
  type MlflowInputTag { key: String, value: String }
  type MlflowDataset { name: String, digest: String, sourceType: String, source: String, schema: String, profile: String }
  type MlflowModelInput { modelId: String }
  type MlflowRunOutputs { modelOutputs: [MlflowModelOutput!] }
  type MlflowModelOutput { modelId: String, step: LongString }
  type MlflowModelVersion {
    name: String, version: String, creationTimestamp: LongString, lastUpdatedTimestamp: LongString, userId: String, currentStage: String
    description: String, source: String, runId: String, status: MlflowModelVersionStatus, statusMessage: String
    tags: [MlflowModelVersionTag!], runLink: String, aliases: [String], modelId: String
  }
  type MlflowModelVersionTag { key: String, value: String }
`;

/** The names of the REST API, which the answers have. */
export const restName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Of a run or an experiment that stands in an answer of the REST API. */
export interface Lookups {
  readonly experiment: (id: string) => Promise<object>;
  readonly modelVersions: (runId: string) => Promise<readonly object[]>;
}

type ShownRun = { readonly info: { readonly run_id: string; readonly experiment_id: string } };

/** The schema over the answers of the REST API. GraphQL's numbers know no NaN, which is null, as in MLflow's own answers. */
export function createGraphqlSchema() {
  const schema = buildSchema(SDL);
  const typeOf = (name: string) => (schema.getType(name) as GraphQLObjectType).getFields();
  (schema.getType('LongString') as GraphQLScalarType).serialize = String;
  for (const type of ['MlflowMetricExtension', 'MlflowMetricWithRunId'])
    typeOf(type)['value']!.resolve = ({ value }: { value: number | 'NaN' }) => (Number.isNaN(Number(value)) ? null : value);
  typeOf('MlflowRunExtension')['experiment']!.resolve = ({ info }: ShownRun, _sent, lookups: Lookups) =>
    lookups.experiment(info.experiment_id);
  typeOf('MlflowRunExtension')['modelVersions']!.resolve = ({ info }: ShownRun, _sent, lookups: Lookups) =>
    lookups.modelVersions(info.run_id);
  return schema;
}
