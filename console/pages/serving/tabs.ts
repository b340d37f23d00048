export const SERVING_TABS = [
  ['/serving', 'serving.try'],
  ['/serving/routes', 'serving.routes'],
  ['/serving/rollouts', 'serving.rollouts'],
  ['/serving/tests', 'serving.tests'],
  ['/serving/outcomes', 'serving.outcomes'],
] as const;
