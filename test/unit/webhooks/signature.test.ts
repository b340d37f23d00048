import { expect, test } from '@jest/globals';
import { openSecret, sealSecret } from '../../../domain/webhooks/secrets.ts';
import { headersOf } from '../../../domain/webhooks/signature.ts';

// The example that the libraries of Standard Webhooks are tested by.
const STANDARD = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  signed: { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body: '{"test": 2432232314}' },
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
// What MLflow 3.17.2 computes of the same secret, id, time and body.
const OF_MLFLOW = 'v1,TcxlhK9b6UD6iVI1ZU2tTqp8PEVfYRseNNfa6b+LcUg=';

test('a delivery is signed as Standard Webhooks say and as MLflow does, each under its own key', () => {
  expect(headersOf(STANDARD.signed, STANDARD.secret)).toEqual({
    'x-mlflow-delivery-id': STANDARD.signed.id,
    'x-mlflow-timestamp': '1614265330',
    'x-mlflow-signature': OF_MLFLOW,
    'webhook-id': STANDARD.signed.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': STANDARD.signature,
  });
});

test('a secret of another form signs both alike, and without one nothing is signed', () => {
  const headers = headersOf(STANDARD.signed, 'just words');
  expect(headers['webhook-signature']).toBe(headers['x-mlflow-signature']);
  expect(Object.keys(headersOf(STANDARD.signed, null)).sort()).toEqual([
    'webhook-id',
    'webhook-timestamp',
    'x-mlflow-delivery-id',
    'x-mlflow-timestamp',
  ]);
});

const KEY = 'k'.repeat(32);

test('a kept secret is read under its key alone, and each time looks another', () => {
  const kept = sealSecret('größe', KEY);
  expect(openSecret(kept, KEY)).toBe('größe');
  expect(kept).not.toBe(sealSecret('größe', KEY));
  expect(() => openSecret(kept, 'x'.repeat(32))).toThrow('its secret was kept under another WEBHOOK_SECRET_KEY');
  expect(() => openSecret(kept, undefined)).toThrow('its secret is kept under WEBHOOK_SECRET_KEY, which is not set');
  const changed = Buffer.from(kept.slice('aes-256-gcm:'.length), 'base64');
  changed[changed.length - 1]! ^= 1;
  expect(() => openSecret(`aes-256-gcm:${changed.toString('base64')}`, KEY)).toThrow('another WEBHOOK_SECRET_KEY');
});

test('one that was kept before there was a key is read with and without', () => {
  const kept = sealSecret('words', undefined);
  expect([openSecret(kept, undefined), openSecret(kept, KEY)]).toEqual(['words', 'words']);
});
