using System.Collections.Concurrent;
using CimStore.Disk.Files;

namespace CimStore.Testing.Disk;

/// <summary>
/// Decides which operation fails, by its kind, the file's name and how often that was asked before: never by the order
/// in which threads come, so that the same seed gives the same faults.
/// </summary>
internal sealed class FaultPlan
{
    private readonly ConcurrentDictionary<(DiskOperation Operation, string Name), int> _attempts = new();
    private readonly List<Func<DiskOperation, string, int, DiskFault?>> _rules = [];

    /// <summary>Fails one kind of operation while the switch is on.</summary>
    public FaultPlan While(Func<bool> isOn, DiskOperation operation, DiskFault fault) =>
        Add((asked, _, _) => asked == operation && isOn() ? fault : null);

    /// <summary>
    /// Fails the attempt with this number (from 0), and as many after it as wanted, on each file by itself.
    /// </summary>
    public FaultPlan At(DiskOperation operation, int attempt, DiskFault fault, int count = 1, string suffix = "") =>
        Add((asked, name, number) => asked == operation
            && number >= attempt
            && number - attempt < count
            && name.EndsWith(suffix, StringComparison.Ordinal) ? fault : null);

    /// <summary>Fails about one in so many operations of this kind.</summary>
    public FaultPlan Seeded(int seed, DiskOperation operation, int oneIn, params DiskFault[] faults) =>
        Add((asked, name, number) =>
        {
            if (asked != operation)
            {
                return null;
            }

            var hash = StableHash.Of($"{seed}/{operation}/{name}/{number}");
            return hash % (uint)oneIn == 0 ? faults[(int)(hash / (uint)oneIn % (uint)faults.Length)] : null;
        });

    public DiskFault? Decide(DiskOperation operation, string path)
    {
        var name = Path.GetFileName(path);
        var attempt = _attempts.AddOrUpdate((operation, name), 0, static (_, count) => count + 1);
        foreach (var rule in _rules)
        {
            if (rule(operation, name, attempt) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private FaultPlan Add(Func<DiskOperation, string, int, DiskFault?> rule)
    {
        _rules.Add(rule);
        return this;
    }
}
