using System.Diagnostics;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>Which guarantees a kind of data gets, and what they cost before the answer (D12, D13).</summary>
public static class ConsistencyTable
{
    /// <summary>Copies that must be verified and durable before the acknowledgement.</summary>
    public static int CopiesBeforeAcknowledgement(DurabilityClass durability, ConsistencyLevel level)
    {
        var required = CopiesRequired(durability);
        return level switch
        {
            ConsistencyLevel.Strong => required,
            ConsistencyLevel.Quorum => (required / 2) + 1,
            ConsistencyLevel.Causal or ConsistencyLevel.ReadYourWrites or ConsistencyLevel.Eventual => 1,
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Copies in distinct failure domains that the class requires in the end (D3).</summary>
    public static int CopiesRequired(DurabilityClass durability) => (int)durability;

    /// <summary>The level of data whose Store names none.</summary>
    public static ConsistencyLevel LevelFor(DataClass data) => data switch
    {
        DataClass.Metadata or DataClass.Financial => ConsistencyLevel.Strong,
        DataClass.EventStream => ConsistencyLevel.Causal,
        DataClass.Content => ConsistencyLevel.Quorum,
        _ => throw new UnreachableException(),
    };

    /// <summary>What gives way when the network parts: consistency or availability (D13).</summary>
    public static string ReasonFor(DataClass data) => data switch
    {
        DataClass.Metadata => "metadata: CP, a minority refuses writes",
        DataClass.Content => "content blocks: AP, any verified copy may be served",
        DataClass.EventStream => "event streams: causal, an event is delivered after its cause",
        DataClass.Financial => "financial: strong, every required copy before the acknowledgement",
        _ => throw new UnreachableException(),
    };
}
