// An OPC UA client that shares no code with the station: says on standard output, a JSON line each, what it found.
//   node client.mjs ENDPOINT FOLDER USER TOKEN RESULTS
// FOLDER is for its own certificate; it ends after RESULTS events of a result, or after 60 s with status 1.
import opcua from "node-opcua-client";
import pki from "node-opcua-certificate-manager";

const {
  AttributeIds,
  BrowseDirection,
  ClientMonitoredItem,
  DataType,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  TimestampsToReturn,
  UserTokenType,
  coerceNodeId,
  constructEventFilter,
  ofType,
  makeBrowsePath,
} = opcua;
const { OPCUACertificateManager } = pki;

const [endpoint, folder, user, token, results] = process.argv.slice(2);
const VISION = "http://opcfoundation.org/UA/MachineVision";
const say = (what, more = {}) => process.stdout.write(JSON.stringify({ what, ...more }) + "\n");
setTimeout(() => { say("too late"); process.exit(1); }, 60_000).unref();

const certificates = new OPCUACertificateManager({
  automaticallyAcceptUnknownCertificate: true,
  rootFolder: folder,
});
await certificates.initialize();

const connect = async (policy, mode) => {
  const client = OPCUAClient.create({
    applicationName: "peer",
    endpointMustExist: false,
    securityMode: mode,
    securityPolicy: policy,
    clientCertificateManager: certificates,
    connectionStrategy: { maxRetry: 0 },
  });
  await client.connect(endpoint);
  return client;
};
const encrypted = (policy) => connect(policy, MessageSecurityMode.SignAndEncrypt);
const named = (password) => ({ type: UserTokenType.UserName, userName: user, password });

const refused = async (policy, mode, identity) => {
  let client;
  try {
    client = await connect(policy, mode);
    const session = await client.createSession(identity);
    await session.close();
    return "";
  } catch (error) {
    return error.message;
  } finally {
    await client?.disconnect();
  }
};

// Who does not come in, and over which policies one does.
const sign = MessageSecurityMode.SignAndEncrypt;
say("wrong token", { message: await refused(SecurityPolicy.Basic256Sha256, sign, named("wrong")) });
say("anonymous", { message: await refused(SecurityPolicy.Basic256Sha256, sign, { type: UserTokenType.Anonymous }) });
say("plain", { message: await refused(SecurityPolicy.None, MessageSecurityMode.None, named(token)) });
for (const policy of ["Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"])
  say("policy", { policy, message: await refused(SecurityPolicy[policy], sign, named(token)) });

const client = await encrypted(SecurityPolicy.Basic256Sha256);
const session = await client.createSession(named(token));
const namespace = (await session.readNamespaceArray()).indexOf(VISION);
say("namespace", { index: namespace });

// The tree of types, and below it the instance.
const browse = async (nodeId, below = 20) => {
  if (!below) return {};
  const found = await session.browse({
    nodeId,
    referenceTypeId: "HierarchicalReferences",
    includeSubtypes: true,
    browseDirection: BrowseDirection.Forward,
    resultMask: 63,
  });
  const tree = {};
  for (const one of found.references ?? [])
    if (!(String(one.browseName.name) in tree)) tree[one.browseName.name] = await browse(one.nodeId, below - 1);
  return tree;
};
const objects = await session.browse("ObjectsFolder");
const system = objects.references.find((one) => one.browseName.name === "Station").nodeId;
const definition = await session.browse({
  nodeId: system,
  referenceTypeId: "HasTypeDefinition",
  browseDirection: BrowseDirection.Forward,
  resultMask: 63,
});
say("system", {
  type: definition.references[0].nodeId.toString(),
  tree: await browse(system),
  typeTree: await browse(`ns=${namespace};i=1003`),
});

const at = async (path) => {
  const found = await session.translateBrowsePath(makeBrowsePath(system, path));
  if (!found.targets?.length) throw new Error(`nothing at ${path}`);
  return found.targets[0].targetId;
};
const own = (...names) => names.map((name) => `.${namespace}:${name}`).join("");
const machine = own("VisionStateMachine");
const state = await at(`${machine}.CurrentState`);
const read = async (nodeId) => (await session.read({ nodeId, attributeId: AttributeIds.Value })).value.value;
say("state", { text: (await read(state)).text, id: (await read(await at(`${machine}.CurrentState.Id`))).toString() });

// What is refused: commands.
const call = async (object, name, inputArguments) =>
  session.call({ objectId: await at(object), methodId: await at(`${object}${own(name)}`), inputArguments });
const make = async (number, fields) => session.constructExtensionObject(coerceNodeId(`ns=${namespace};i=${number}`), fields);
const inner = machine + own("AutomaticModeStateMachine");
const started = await call(inner, "StartSingleJob", [
  { dataType: DataType.ExtensionObject, value: await make(3015, { id: "m" }) },
  { dataType: DataType.ExtensionObject, value: await make(3004, { id: "p" }) },
  { dataType: DataType.ExtensionObject, value: await make(3002, { id: "r" }) },
  { dataType: DataType.ExtensionObject, value: await make(3003, { id: "x" }) },
  { dataType: DataType.Variant, arrayType: 1, value: [] },
]);
say("start", { status: started.statusCode.name });
const halted = await call(machine, "Halt", [
  { dataType: DataType.Int32, value: 0 },
  { dataType: DataType.String, value: "" },
]);
say("halt", { status: halted.statusCode.name });
const written = await session.write({
  nodeId: await at(own("SafetyStateManagement", "VisionSafetyTriggered")),
  attributeId: AttributeIds.Value,
  value: { value: { dataType: DataType.Boolean, value: true } },
});
say("write", { status: written.name });

// Results as they come, and each once more by its id.
const identify = async (id) => {
  const answer = await call(own("ResultManagement"), "GetResultById", [
    { dataType: DataType.ExtensionObject, value: await make(3021, { id }) },
    { dataType: DataType.Int32, value: 0 },
  ]);
  const [handle, result, error] = answer.outputArguments.map((one) => one.value);
  return {
    status: answer.statusCode.name,
    handle,
    error,
    id: result.resultId.id,
    state: result.resultState,
    part: result.partId?.id,
    recipe: result.internalRecipeId.id,
    hash: result.internalRecipeId.hash?.toString("hex"),
    configuration: result.internalConfigurationId.id,
    job: result.jobId.id,
    simulated: result.isSimulated,
    partial: result.isPartial,
    started: result.processingTimes?.startTime.toISOString(),
    content: (result.resultContent ?? []).map((one) => one.value),
  };
};

const subscription = await session.createSubscription2({
  requestedPublishingInterval: 50,
  requestedLifetimeCount: 600,
  requestedMaxKeepAliveCount: 20,
  maxNotificationsPerPublish: 0,
  publishingEnabled: true,
  priority: 1,
});
const watched = ClientMonitoredItem.create(
  subscription,
  { nodeId: state, attributeId: AttributeIds.Value },
  { samplingInterval: 0, discardOldest: true, queueSize: 100 },
  TimestampsToReturn.Both,
);
watched.on("changed", (value) => say("data", { text: value.value.value.text }));

const listen = (number, fields, heard) =>
  new Promise((resolve) => {
    const filter = constructEventFilter(
      ["EventType", "SourceName", "Message", "Severity", ...fields],
      ofType(`ns=${namespace};i=${number}`),
    );
    const item = ClientMonitoredItem.create(
      subscription,
      { nodeId: "ns=0;i=2253", attributeId: AttributeIds.EventNotifier },
      { samplingInterval: 0, discardOldest: true, queueSize: 100, filter },
    );
    item.on("initialized", resolve);
    item.on("changed", heard);
  });

let heard = 0;
let working = Promise.resolve();
await listen(1024, [`${namespace}:ResultId`, `${namespace}:ResultContent`, `${namespace}:JobId`], (event) => {
  const [id, content, job] = event.slice(4).map((one) => one.value);
  say("result", { id: id.id, job: job.id, content: content.map((one) => one.value ?? one), message: event[2].value.text });
  working = working.then(async () => {
    say("by id", await identify(id.id));
    heard += 1;
    if (heard === Number(results)) {
      say("no such id", await identify("nothing"));
      await subscription.terminate();
      await session.close();
      await client.disconnect();
      say("done");
      process.exit(0);
    }
  });
});
await listen(1018, [`FromState`, `ToState`, "Transition"], (event) =>
  say("changed", { way: event.slice(4).map((one) => one.value?.text), source: event[1].value }),
);
await listen(1013, [`${namespace}:JobId`], (event) => say("job", { id: event[4].value.id }));
say("listening");
