namespace CimStore.Testing.Faults;

/// <summary>
/// Decides what goes wrong by the operation, by what it is about and by how often the same was asked before: never by
/// the order in which different things are asked, so that concurrency does not change it.
/// </summary>
/// <remarks>
/// What an operation is about is a text: the key, and the offset of a read; for staged content, whose key nobody knows
/// before it is sealed, its announced length and the hash of the bytes written.
/// </remarks>
public sealed class LocationFaultPlan
{
    private readonly List<Func<LocationOperation, string, int, LocationMishap?>> _rules = [];

    /// <summary>Fails about one in so many of these operations, for ever.</summary>
    public LocationFaultPlan Seeded(
        int seed, int oneIn, ReadOnlySpan<LocationOperation> operations, params ReadOnlySpan<LocationMishap> mishaps) =>
        Transient(seed, oneIn, int.MaxValue, operations, mishaps);

    /// <summary>
    /// Fails about one in so many of these operations, and none more often than so many times: trying it again once
    /// more ends well.
    /// </summary>
    public LocationFaultPlan Transient(
        int seed, int oneIn, int failuresMax, ReadOnlySpan<LocationOperation> operations,
        params ReadOnlySpan<LocationMishap> mishaps)
    {
        var (among, kinds) = (operations.ToArray(), mishaps.ToArray());
        return Add((operation, subject, attempt) =>
        {
            if (attempt >= failuresMax || !among.Contains(operation))
            {
                return null;
            }

            var hash = StableHash.Of($"{seed}/{operation}/{subject}/{attempt}");
            return hash % (uint)oneIn == 0 ? kinds[(int)(hash / (uint)oneIn % (uint)kinds.Length)] : null;
        });
    }

    /// <summary>Fails the attempt with this number (from 0), and as many after it as wanted, of each subject.</summary>
    public LocationFaultPlan At(LocationOperation operation, int attempt, LocationMishap mishap, int count = 1) =>
        Add((asked, _, number) =>
            asked == operation && number >= attempt && number - attempt < count ? mishap : null);

    /// <summary>Fails these operations while the switch is on; without any, all.</summary>
    public LocationFaultPlan While(
        Func<bool> isOn, LocationMishap mishap, params ReadOnlySpan<LocationOperation> operations)
    {
        var among = operations.ToArray();
        return Add((operation, _, _) =>
            isOn() && (among.Length == 0 || among.Contains(operation)) ? mishap : null);
    }

    /// <summary>Asked with the operation, what it is about and how often the same was asked before.</summary>
    public LocationFaultPlan Rule(Func<LocationOperation, string, int, LocationMishap?> rule) => Add(rule);

    /// <returns>The first mishap that a rule has for it, or null.</returns>
    public LocationMishap? Decide(LocationOperation operation, string subject, int attempt)
    {
        foreach (var rule in _rules)
        {
            if (rule(operation, subject, attempt) is { } mishap)
            {
                return mishap;
            }
        }

        return null;
    }

    private LocationFaultPlan Add(Func<LocationOperation, string, int, LocationMishap?> rule)
    {
        _rules.Add(rule);
        return this;
    }
}
