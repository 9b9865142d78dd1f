export { CreateRoll1795132800000 } from './1795132800000-CreateRoll';
