import { render } from 'preact';
import { Current, loadAll } from './pages/index.tsx';
import { followLinks } from './router.ts';
import { Shell } from './shell.tsx';

const LOAD_ALL_AFTER_MS = 1_000;

const App = () => (
  <Shell>
    <Current />
  </Shell>
);

document.addEventListener('click', followLinks);
render(<App />, document.getElementById('page')!);
setTimeout(() => void loadAll(), LOAD_ALL_AFTER_MS);
