using System.IO.Pipelines;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>One opened content. Holds it against release until disposed.</summary>
public interface IContentReader : IAsyncDisposable
{
    ObjectRecord Record { get; }

    /// <summary>
    /// Writes bytes <paramref name="offset"/>..+<paramref name="length"/> (clipped to the content). No byte is written
    /// before its chunk group is proved. On a mismatch the next copy continues at that offset; when none is left:
    /// </summary>
    /// <exception cref="Locations.IntegrityException">
    /// What was written so far is right; the rest cannot be had.
    /// </exception>
    ValueTask CopyToAsync(PipeWriter destination, long offset, long length, CancellationToken cancellationToken);
}
