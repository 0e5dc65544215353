export { codeOf, reasonOf } from '@kaizen-trace/sending';
