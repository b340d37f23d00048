import type { Pages } from '../section.ts';
import { Events } from './events.tsx';
import { DeadLetters } from './letters.tsx';
import { MessagePage } from './message.tsx';

export const PAGES: Pages = [
  ['/events', () => <Events />],
  ['/events/dead-letters', () => <DeadLetters />],
  [
    '/events/messages/:topic/:partition/:offset',
    ({ topic = '', partition = '', offset = '' }) => <MessagePage {...{ topic, partition, offset }} />,
  ],
];
