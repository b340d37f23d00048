/** Whether a person asks, who wants to look at it: programs ask for anything, or for data. */
export const opensPage = ({
  method,
  header,
}: {
  readonly method: string;
  readonly header: (name: string) => string | undefined;
}): boolean => method === 'GET' && (header('accept') ?? '').includes('text/html');
