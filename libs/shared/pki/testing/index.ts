export * from './der-writer.ts';
export * from './hostile-csr.ts';
