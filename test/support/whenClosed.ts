import type { Socket } from 'node:net';

/** Once the connection is closed, by an end or by a reset: `once(socket, 'close')` would reject with the reset, and wait for a close no more. */
export const whenClosed = (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket.on('error', () => undefined).once('close', () => resolve());
  });
