using CimStore.Locations;

namespace CimStore.Testing.Memory;

internal static class Paces
{
    private const long BlockBytes = 64 << 10;

    /// <summary>Asks as who reads a block at a time.</summary>
    public static async ValueTask<CopyCondition?> PayAsync(
        this IReadPace? pace, CopyCondition? condition, CancellationToken cancellationToken)
    {
        for (var left = condition?.BytesRead ?? 0; pace is not null && left > 0; left -= BlockBytes)
        {
            await pace.TakeAsync(Math.Min(left, BlockBytes), cancellationToken);
        }

        return condition;
    }
}
