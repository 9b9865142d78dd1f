import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './playground.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Playground } from './playground';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no element #root to draw in.');
createRoot(root).render(
  <StrictMode>
    <Playground />
  </StrictMode>,
);
