import { jest } from '@jest/globals';

/** A test or a hook that takes this long hangs: the one bound for all of them, far above what any takes on a busy machine. */
jest.setTimeout(1_200_000);
