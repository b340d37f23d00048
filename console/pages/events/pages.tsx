import type { Pages } from '../index.tsx';
import { DeadLetters, Events } from './events.tsx';

export const PAGES: Pages = [
  ['/events', () => <Events />],
  ['/events/dead-letters', () => <DeadLetters />],
];
