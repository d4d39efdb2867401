using CimStore.Cli.Terminal;
using CimStore.Engine;

namespace CimStore.Cli.Storage;

internal static class TreePutter
{
    public static Task PutAsync(
        IStorageClient client, string path, StoreRequest request, PutReport report, Progress progress,
        CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{client}{path}{request}{report}{progress}{cancellationToken}");
}

internal static class TreeGetter
{
    public static Task<int> GetAsync(
        CliSession session, IStorageClient client, Content.Cid root, string directory,
        CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{session}{client}{root}{directory}{cancellationToken}");
}
