/**
 * Who does steps before who hands them out, and those before who asks for runs: what is asked for by the new release is known wherever it comes to. Steps and
 * answers of the release before are understood by the new one.
 */
export const UPGRADE_ORDER = ['worker-training', 'worker-control', 'worker-ingest', 'serving', 'api'] as const;
