import type { ChangeSubject } from '../../contracts/changes.ts';

const MODELS: readonly ChangeSubject[] = ['models', 'registry'];

/** What of the API stands on a table, or on what the audit log calls a subject. */
const SUBJECTS: Readonly<Record<string, readonly ChangeSubject[]>> = {
  runs: ['runs', 'backups', 'schedules'],
  run_steps: ['runs'],
  schedules: ['schedules'],
  ...{
    registered_models: MODELS,
    registered_model_tags: MODELS,
    model_versions: MODELS,
    model_version_tags: MODELS,
    model_aliases: MODELS,
  },
  ...{ experiments: ['registry'], experiment_tags: ['registry'] },
  ...{ route_revisions: ['routes'], serving_rules: ['servingRules'], canary_rollouts: ['canaries'], canary_stages: ['canaries'] },
  scaling_alerts: ['scaling'],
  ...{ drift_reports: ['drift'], drift_episodes: ['drift'], drift_decisions: ['drift'], drift_alerts: ['drift'], movie_pushes: ['drift'] },
  ...{ data_sets: ['dataSets'], title_decisions: ['titleMatches'], quality_reports: ['quality'], movies: ['movies'] },
  ...{ feature_registry: ['features'], feature_materializations: ['features'] },
  ...{ dead_letter_marks: ['deadLetters'], webhooks: ['webhooks'], api_keys: ['keys'], audit_log: ['audit'] },
};

/** @param told as the triggers of data/migrations/059 tell it */
export const subjectsOf = (told: string): readonly ChangeSubject[] => SUBJECTS[told] ?? [];
