import { z } from 'zod';
import {
  groupSchema,
  messagePlaceSchema,
  messageSchema,
  messagesQuerySchema,
  messagesSchema,
  produceBodySchema,
  topicNameSchema,
  topicSchema,
} from '../topics.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'topics';
const path = '/api/v1/events/topics';
const params = z.object({ topic: topicNameSchema });

/** What lies on Kafka's topics, without its own tools. */
export const topics = {
  list: {
    method: 'get',
    path,
    tag,
    role: 'viewer',
    summary: 'Topics with their partitions',
    answer: z.object({ topics: z.array(topicSchema) }),
  },
  groups: {
    method: 'get',
    path: '/api/v1/events/groups',
    tag,
    role: 'viewer',
    summary: 'Consumer groups, and how far behind each is',
    answer: z.object({ groups: z.array(groupSchema) }),
  },
  messages: {
    method: 'get',
    path: `${path}/:topic/messages`,
    tag,
    role: 'operator',
    summary: 'Messages of a topic, page by page, each partition in its order; where there are none yet it waits for a moment',
    params,
    query: messagesQuerySchema,
    answer: messagesSchema,
    problems: ['missing'],
  },
  message: {
    method: 'get',
    path: `${path}/:topic/messages/:partition/:offset`,
    tag,
    role: 'operator',
    summary: 'One message, with all of its value',
    params: messagePlaceSchema,
    answer: messageSchema,
    problems: ['missing'],
  },
  produce: {
    method: 'post',
    path: `${path}/:topic/messages`,
    tag,
    role: 'operator',
    status: 202,
    summary: 'Put a message on a topic as it is, such as one to try what becomes of it; an event is better sent where events are taken',
    params,
    body: produceBodySchema,
    answer: z.object({ topic: z.string(), status: z.literal('sent') }),
    problems: ['missing'],
  },
} as const satisfies Record<string, EndpointDescription>;
