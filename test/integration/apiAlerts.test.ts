import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runOfAlert } from '../../contracts/alerts.ts';
import type { Run } from '../../contracts/runs.ts';
import { startApiWithDoubles, type ApiWithDoubles } from '../support/apiWithDoubles.ts';

let stand: ApiWithDoubles;
beforeAll(async () => {
  stand = await startApiWithDoubles({ monitoring: { alertWorkflows: new Map([['NoFreshData', 'movieDataCollection']]) } });
});
afterAll(() => stand.stop());

const alertOf = (alertname: string, fingerprint: string, status = 'firing') => ({
  ...{ status, fingerprint, startsAt: '2026-11-30T03:00:00.123456789Z', endsAt: '0001-01-01T00:00:00Z' },
  ...{ labels: { alertname, severity: 'warning' }, annotations: { summary: 'x' }, generatorURL: 'http://localhost:9090/graph' },
});
/** As Alertmanager sends it. */
const tell = (...alerts: object[]) =>
  stand.api.call<{ alerts: { outcome: string; run_id: string | null }[] }>('POST', '/api/v1/alerts/webhook', {
    json: {
      version: '4',
      groupKey: '{}',
      truncatedAlerts: 0,
      status: 'firing',
      receiver: 'api',
      externalURL: 'http://localhost:9093',
      alerts,
    },
  });
const runsOf = async () => (await stand.api.call<{ runs: Run[] }>('GET', '/api/v1/runs?workflow=movieDataCollection')).body.runs;

test('an alert that is listed starts its workflow once, however often it is told; what else is told starts nothing', async () => {
  const listed = alertOf('NoFreshData', 'a1b2c3');
  const id = `collection/${runOfAlert(listed)}`;
  const first = await tell(listed, alertOf('DiskFills', 'd4'), alertOf('NoFreshData', 'e5', 'resolved'));
  expect([first.status, first.body.alerts]).toEqual([
    200,
    [
      { alert: 'NoFreshData', fingerprint: 'a1b2c3', outcome: 'started', run_id: id },
      { alert: 'DiskFills', fingerprint: 'd4', outcome: 'noted', run_id: null },
      { alert: 'NoFreshData', fingerprint: 'e5', outcome: 'noted', run_id: null },
    ],
  ]);
  const again = await tell(listed);
  expect(again.body.alerts).toMatchObject([{ outcome: 'known', run_id: id }]);
  expect(await runsOf()).toMatchObject([{ run_id: id, note: 'Started by the alert NoFreshData', started_by: 'local' }]);
  const metrics = (await stand.api.call<string>('GET', '/metrics')).body;
  expect(metrics).toContain('alerts_received_total{status="firing",outcome="known",process="api"} 1');
});

test('the same alert of another time is another run', async () => {
  const before = await runsOf();
  const later = { ...alertOf('NoFreshData', 'a1b2c3'), startsAt: '2026-12-01T03:00:00Z' };
  expect((await tell(later)).body.alerts).toMatchObject([{ outcome: 'started' }]);
  expect(await runsOf()).toHaveLength(before.length + 1);
});

test('what is no message of Alertmanager is refused', async () => {
  expect((await stand.api.call('POST', '/api/v1/alerts/webhook', { json: { version: '3', alerts: [] } })).status).toBe(422);
});
