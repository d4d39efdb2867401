using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

/// <summary>
/// What commands that tell what is owed say of directories that are away: what they lack is found by reading them, so
/// that "nothing is owed" is said of the others only. It reads no content.
/// </summary>
internal static class Unlooked
{
    /// <returns>Whether nothing is away.</returns>
    public static async ValueTask<bool> SayAsync(
        CliSession session, StoreConnection store, CancellationToken cancellationToken)
    {
        session.Out.Flush();
        var status = await store.Client.StatusAsync(cancellationToken);
        foreach (var warning in status.LocationWarnings)
        {
            session.Say($"not looked at: {warning.ReplaceLineEndings(" ")}");
        }

        return status.LocationWarnings.IsEmpty;
    }
}
