/** What was asked goes on where its answer does not come in time. @throws what `late` says */
export async function within<T>(asked: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const isLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  return Promise.race([asked, isLate]).finally(() => clearTimeout(timer));
}
