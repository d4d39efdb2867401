using System.Globalization;
using CimStore.Crashing;
using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Engine;
using CimStore.Objects;

// DIRECTORY SEED STEPS: opens the store there, works on it with several clients, says what it was promised, and closes.
// It is expected to die before that, by its parent's hand or by its own at CIMSTORE_CRASH_POINT.
const int Workers = 4;
var (directory, seed) = (args[0], long.Parse(args[1], CultureInfo.InvariantCulture));
var steps = int.Parse(args[2], CultureInfo.InvariantCulture);
IDisk disk = new PosixDisk();
if (CrashPoint.Parse(Environment.GetEnvironmentVariable(CrashPoint.Variable)) is { } point)
{
    disk = new KillingDisk(disk, point);
}

var time = TimeProvider.System;
var store = await DiskStore.OpenAsync(
    CrashStore.Options(directory), time, CrashStore.Parts(disk), CancellationToken.None);
var ports = StorageNodePorts.Of(store);
await using (var node = await StorageNode.OpenAsync(
    ports, time, new IdSource(time), new StorageNodeOptions(), null, CancellationToken.None))
{
    CrashReport.Tell(CrashVerb.Opened, "-", "-", "-");
    await Task.WhenAll(Enumerable.Range(0, Workers)
        .Select(worker => Task.Run(() => new CrashWorker(node, seed, worker).WorkAsync(steps))));
}

CrashReport.Tell(CrashVerb.Ended, "-", "-", "-");
