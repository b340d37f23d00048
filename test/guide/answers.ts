/** What comes of a block of `commands.md` on a stack that has done its main job. */
interface Expected {
  /** HTTP calls that it makes */
  readonly calls: number;
  /** What it prints, each of them */
  readonly prints: readonly RegExp[];
}

const ANSWERED = /"recommendation_id":"[\da-f-]{36}".*"recommendations":\[\{/;
const ACCEPTED = /"status":"accepted"/;

/** By the titles of the blocks. Every call is answered with 2xx. */
export const ANSWERS: Readonly<Record<string, Expected>> = {
  '1. Data pipeline: start a collection': { calls: 1, prints: [/"dag_id":"movie_data_collection"/, /"state":"(queued|running)"/] },
  '2. Feature store: one movie': { calls: 1, prints: [/"rating":/] },
  '2. Feature store: several movies': { calls: 1, prints: [/"popularity":/] },
  '5. Training workflow: start a training': { calls: 1, prints: [/"dag_id":"movie_training_pipeline"/, /"state":"(queued|running)"/] },
  '6. Model registry: experiments': { calls: 2, prints: [/"experiment_id"/, /"name":"movie_recommendation_experiment"/] },
  '6. Model registry: models': { calls: 3, prints: [/"name":"movie_predictor"/, /"Production"/] },
  '6. Model registry: promote to production': { calls: 1, prints: [/"Production"/] },
  '7. Model serving: predict, recommend, similar': { calls: 3, prints: [/"predictions":\[\{/, ANSWERED, /"similar":\[\{/] },
  '7. Model serving: three models side by side': { calls: 3, prints: [/"name":"movie_predictor"/, ANSWERED, /=== PyTorch/] },
  '8. Monitoring: traffic': { calls: 41, prints: [ANSWERED, /^http_requests_total\{/m, /^model_predictions_total\{/m] },
  '9. Events: model drift': { calls: 1, prints: [ACCEPTED] },
  '9. Events: system overload': { calls: 1, prints: [ACCEPTED] },
  '9. Events: users': { calls: 50, prints: [ACCEPTED] },
  "The user's scenario": { calls: 3, prints: [ANSWERED, ACCEPTED, /^recommendations_served_total\{/m] },
  'The final inspection': { calls: 5, prints: [/healthy/, /✅ 훈련 파이프라인 등록/, /OK/, /"status":"ready"/] },
};
