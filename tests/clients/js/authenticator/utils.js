// What the generated module imports by its package's name, at the address that the pages' import map gives.

export { parseAmplifyConfig } from "aws-amplify/utils";
