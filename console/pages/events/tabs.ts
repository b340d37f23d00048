export const EVENT_TABS = [
  ['/events', 'events.topics'],
  ['/events/dead-letters', 'events.letters', 'operator'],
] as const;
