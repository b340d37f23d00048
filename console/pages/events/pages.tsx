import type { Pages } from '../section.ts';
import { DeadLetters, Events } from './events.tsx';

export const PAGES: Pages = [
  ['/events', () => <Events />],
  ['/events/dead-letters', () => <DeadLetters />],
];
