import express, { type Router } from 'express';
// The package's own entry loads the page's scripts into this process, half a second of it.
import absolutePath from 'swagger-ui-dist/absolute-path.js';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>movie-mlops API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="icon" href="/docs/assets/favicon-32x32.png">
<div id="page"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: '/openapi.json', dom_id: '#page' });</script>
</html>
`;

/** `/openapi.json`, and `/docs`: the same as pages. All of it is served from here, so that it works without a network. */
export function docsRoutes(document: object): Router {
  const router = express.Router();
  router.get('/openapi.json', (_req, res) => void res.json(document));
  router.get('/docs', (_req, res) => void res.type('html').send(PAGE));
  router.use('/docs/assets', express.static(absolutePath(), { index: false, maxAge: '1h' }));
  return router;
}
