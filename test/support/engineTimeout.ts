import { jest } from '@jest/globals';

/** What talks to real engines may take this long on a busy machine before it counts as hanging. */
jest.setTimeout(60_000);
