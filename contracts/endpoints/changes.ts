import { z } from 'zod';
import { EVENT_STREAM, type EndpointDescription } from './endpoint.ts';

/** What has changed, as it changes. */
export const changes = {
  follow: {
    method: 'get',
    path: '/api/v1/changes',
    tag: 'changes',
    role: 'viewer',
    summary:
      'Which subjects have changed, as server-sent events, so that a page asks again at once; sent again with Last-Event-ID it tells what was missed',
    media: EVENT_STREAM,
    answer: z.string().describe('Events whose data is `{"subjects": ["runs"]}`'),
  },
} as const satisfies Record<string, EndpointDescription>;
