import type { Page } from './page.ts';
import { graph, stat } from './panels.ts';
import { rate, since } from './promql.ts';

const OF = '{{model}} {{version}} {{route}}/{{variant}}';

/** What users do, and what became of what they were shown. */
export const business: Page = {
  uid: 'mlops-business',
  title: 'Business',
  description: 'Sessions, how content users are, and what became of recommendations of the last day.',
  rows: {
    Users: [
      stat('Sessions', ['user_sessions_active', ''], { description: 'In which something was done in the last 30 minutes.' }),
      stat('How content', ['user_satisfaction_ratio', ''], {
        unit: 'percentunit',
        description: 'Likes and ratings of 4 or better by all opinions of the last day.',
      }),
      stat('Click-through rate', ['recommendations:click_through_rate', ''], { unit: 'percentunit' }),
      stat('Answers of the last day', ['sum(outcome_answers)', '']),
      stat('Since somebody did anything', [since('interactions_last_timestamp_seconds'), ''], { unit: 's' }),
    ],
    'What was shown': [
      graph('Movies recommended', [[rate('recommendations_served_total', 'model'), '{{model}}']], { unit: 'ops', width: 12 }),
      graph('Sessions', [['user_sessions_active', 'active']], { width: 12 }),
    ],
    'What became of it, of the last day': [
      graph('Clicks by movies shown', [['outcome_click_through_rate', OF]], { unit: 'percentunit' }),
      graph('Answers with a click', [['outcome_answer_click_rate', OF]], { unit: 'percentunit' }),
      graph('Answers that led to a like', [['outcome_conversion_rate', OF]], { unit: 'percentunit' }),
      graph('Place of the best click (mean reciprocal rank)', [['outcome_mean_reciprocal_rank', OF]]),
      graph('Ratings of what was shown', [['outcome_mean_rating', OF]]),
      graph('Share of the catalogue that was shown', [['outcome_coverage', OF]], { unit: 'percentunit' }),
    ],
  },
};
