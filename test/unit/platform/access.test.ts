import { describe, expect, test } from '@jest/globals';
import { admit } from '../../../platform/http/access.ts';
import type { Access } from '../../../platform/config.ts';

const OPEN: Access = { host: '0.0.0.0', credentials: [], allowedHosts: ['api'], allowedOrigins: [] };
const ANN = { name: 'ann', role: 'operator', secret: 'a-long-enough-secret' } as const;
const ask = (access: Access, headers: Record<string, string> = {}, address = '172.18.0.1') =>
  admit({ access }, { method: 'GET', address, header: (name) => new Map(Object.entries({ host: 'api:8000', ...headers })).get(name) });

describe('whoever comes through a network', () => {
  test('is nobody where the network is not trusted, and admin where it is', async () => {
    await expect(ask(OPEN)).rejects.toThrow('Send credentials');
    expect(await ask({ ...OPEN, trustsNetwork: true })).toEqual({ name: 'local', role: 'admin' });
  });

  test('must be known where callers are, however trusted the network is', async () => {
    const guarded = { ...OPEN, trustsNetwork: true, credentials: [ANN] };
    await expect(ask(guarded)).rejects.toThrow('Send credentials');
    expect(await ask(guarded, { 'x-api-key': ANN.secret })).toEqual({ name: 'ann', role: 'operator' });
  });

  test('is refused by a name that is not served, and as the page of another origin, also on a trusted network', async () => {
    const trusted = { ...OPEN, trustsNetwork: true };
    await expect(ask(trusted, { host: 'rebound.example' })).rejects.toThrow('Host rebound.example is not served here');
    const post = {
      method: 'POST',
      address: '172.18.0.1',
      header: (name: string) => ({ host: 'api', origin: 'https://evil.example' })[name],
    };
    await expect(admit({ access: trusted }, post)).rejects.toThrow('Pages of https://evil.example may not send requests here');
  });
});
