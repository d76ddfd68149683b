/** What only those need who send files: one chunk, loaded with the first file. */
export { Attachments } from '../state/attachments'
export { Tray } from './Tray'
