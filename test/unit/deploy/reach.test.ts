import { expect, test } from '@jest/globals';
import { describeConnectFault } from '../../../deploy/local/stack/reach/faults.ts';
import { describeOwnPostgres } from '../../../deploy/local/stack/reach/postgres.ts';
import { readConfig } from '../../../platform/config.ts';

const KNOBS = { address: 'THE_URL', authority: 'THE_CA', certificate: 'THE_CERT', tls: 'THE_TLS' };

test.each(['Connection timeout', 'timeout expired', 'connect ETIMEDOUT 10.0.0.1:5432', 'Request timed out'])(
  'where nothing is said in time (%s), the variables of the address and of TLS are named',
  (words) => {
    expect(describeConnectFault('Redis db:6379', new Error(words), KNOBS)).toMatch(/in time: check THE_URL, and THE_TLS/);
  },
);

test('what is set of a Postgres that nothing names is said to be unused', () => {
  expect(describeOwnPostgres('18.1', readConfig({ PGSSLMODE: 'require' }).database)).toBe(
    'version 18.1; PGSSLMODE is set and not used: neither DATABASE_URL nor PGHOST names a Postgres',
  );
  expect(describeOwnPostgres('18.1', readConfig({}).database)).toBe('version 18.1');
});
