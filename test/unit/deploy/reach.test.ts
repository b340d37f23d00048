import { expect, test } from '@jest/globals';
import { describeConnectFault } from '../../../deploy/local/stack/reach/faults.ts';

const KNOBS = { address: 'THE_URL', authority: 'THE_CA', certificate: 'THE_CERT', tls: 'THE_TLS' };

test.each(['Connection timeout', 'timeout expired', 'connect ETIMEDOUT 10.0.0.1:5432', 'Request timed out'])(
  'where nothing is said in time (%s), the variables of the address and of TLS are named',
  (words) => {
    expect(describeConnectFault('Redis db:6379', new Error(words), KNOBS)).toMatch(/in time: check THE_URL, and THE_TLS/);
  },
);
