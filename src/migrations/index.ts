export { CreateRoll1795132800000 } from './1795132800000-CreateRoll';
export { AddAuditChain1795219200000 } from './1795219200000-AddAuditChain';
export { AddKeyRotation1795219300000 } from './1795219300000-AddKeyRotation';
export { IndexAuditActions1795219350000 } from './1795219350000-IndexAuditActions';
export { CompleteNodes1795219500000 } from './1795219500000-CompleteNodes';
export { CompleteServices1795219600000 } from './1795219600000-CompleteServices';
export { AllowRemoval1795219700000 } from './1795219700000-AllowRemoval';
export { CountEnvironments1795219800000 } from './1795219800000-CountEnvironments';
