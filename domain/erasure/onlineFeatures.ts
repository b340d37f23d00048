import type { FeatureDefinitions } from '../features/definitions.ts';
import type { OnlineStore } from '../features/online/store.ts';
import type { Store } from './store.ts';

/**
 * The latest features of a user, which are made of all that is known of them. What was made since is taken away too, since it may have been made of what
 * is gone: it is made anew by the user's next event, or the next materialization.
 */
export function createOnlineFeatureStore(store: Pick<OnlineStore, 'forget' | 'holds'>, { views }: FeatureDefinitions): Store {
  const ofUsers = views.filter(({ entity }) => entity.name === 'user').map(({ name }) => name);
  return {
    async erase({ userId }) {
      let gone = 0;
      for (const view of ofUsers) gone += await store.forget(view, userId);
      return gone;
    },
    async look({ userId, before }) {
      let count = 0;
      for (const view of ofUsers) if (await store.holds(view, userId, before)) count += 1;
      return { count };
    },
  };
}
