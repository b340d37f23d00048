import { render } from 'preact';
import { match } from './match.ts';
import { followLinks, path } from './router.ts';
import { Shell } from './shell.tsx';
import { PAGES } from './pages/index.tsx';
import { Missing } from './pages/missing.tsx';

function Router() {
  for (const [pattern, page] of PAGES) {
    const params = match(pattern, path.value);
    // Another address of the same kind is another page: nothing of the one before stays.
    if (params) return <div key={path.value}>{page(params)}</div>;
  }
  return <Missing />;
}

const App = () => (
  <Shell>
    <Router />
  </Shell>
);

document.addEventListener('click', followLinks);
render(<App />, document.getElementById('page')!);
