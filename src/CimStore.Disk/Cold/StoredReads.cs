namespace CimStore.Disk.Cold;

internal static class StoredReads
{
    /// <returns>Bytes read, fewer than asked for only where what is stored ends; null when the copy is gone.</returns>
    public static async ValueTask<int?> ReadFullyAsync(
        this ReadStored read, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var count = await read(offset + done, destination[done..], cancellationToken);
            if (count is null)
            {
                return null;
            }

            if (count == 0)
            {
                break;
            }

            done += count.Value;
        }

        return done;
    }
}
