export { generateProto, protoFolder, protoImage, protoProblems, releasedImage } from './generate-proto.ts';
