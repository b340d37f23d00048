import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createTmdbImages, type TmdbImages } from '../../../domain/tmdb/images.ts';
import { startImageServer, type ImageServer } from '../../support/imageServer.ts';

let server: ImageServer;
let images: TmdbImages;
beforeAll(async () => {
  server = await startImageServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.reset();
  images = createTmdbImages({ url: `${server.url}/t/p/` });
});
afterEach(() => images.close());

test('a poster is fetched once, however many ask for it, and kept', async () => {
  const asked = await Promise.all([1, 2, 3].map(() => images.get('/poster.jpg')));
  expect(asked.map(({ type, bytes }) => [type, bytes.toString()])).toEqual(Array(3).fill(['image/jpeg', 'poster of /t/p/w185/poster.jpg']));
  await images.get('/poster.jpg');
  expect(server.asked).toEqual(['/t/p/w185/poster.jpg']);
});

test.each([
  '/../../secret.jpg',
  '/a/b.jpg',
  '//evil.example/a.jpg',
  '/a.jpg?x=1',
  '/a.jpg#x',
  '/@evil.example/a.jpg',
  '/a%2f..%2fb.jpg',
  '/a.svg',
  '/a.jpg\n',
  'poster.jpg',
  '',
])('what is no path of an image, such as %j, is never asked for', async (path) => {
  await expect(images.get(path)).rejects.toMatchObject({ kind: 'missing' });
  expect(server.asked).toEqual([]);
});

test('an answer that leads elsewhere is not followed', async () => {
  server.answer = { status: 302, headers: { location: `${server.url}/elsewhere.jpg` } };
  await expect(images.get('/poster.jpg')).rejects.toMatchObject({ kind: 'unavailable' });
  expect(server.asked).toEqual(['/t/p/w185/poster.jpg']);
});

test('what is no picture that a browser only shows is not handed on', async () => {
  for (const type of ['image/svg+xml', 'text/html; charset=utf-8', '']) {
    server.answer = { status: 200, headers: { 'content-type': type } };
    await expect(images.get('/poster.jpg')).rejects.toMatchObject({ kind: 'unavailable' });
  }
  server.answer = { status: 200, headers: { 'content-type': 'Image/PNG; x=1' } };
  expect((await images.get('/poster.jpg')).type).toBe('image/png');
});

test('a picture larger than a poster ever is is not taken whole', async () => {
  server.answer = { status: 200, headers: { 'content-type': 'image/jpeg' }, body: Buffer.alloc(2 * 1024 * 1024) };
  await expect(images.get('/poster.jpg')).rejects.toMatchObject({ kind: 'unavailable' });
  server.reset();
  expect((await images.get('/other.jpg')).type).toBe('image/jpeg'); // one such keeps no others out
});

test('one that TMDB does not have is missing, and others are asked for as ever', async () => {
  server.answer = { status: 404 };
  await expect(images.get('/gone.jpg')).rejects.toMatchObject({ kind: 'missing' });
  server.reset();
  expect((await images.get('/poster.jpg')).type).toBe('image/jpeg');
});

test('where nobody answers, that is told at once to whoever asks next', async () => {
  server.answer = 'reset';
  await expect(images.get('/a.jpg')).rejects.toMatchObject({ kind: 'unavailable' });
  const asked = server.asked.length;
  await expect(images.get('/b.jpg')).rejects.toMatchObject({ kind: 'unavailable' });
  expect(server.asked).toHaveLength(asked);
});
