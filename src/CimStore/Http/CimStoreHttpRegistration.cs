using CimStore.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CimStore.Http;

public static class CimStoreHttpRegistration
{
    /// <summary>
    /// Registers <see cref="IStorageClient"/> as a client of the node at <see cref="CimStoreHttpOptions.Address"/>.
    /// </summary>
    public static IServiceCollection AddCimStoreHttp(
        this IServiceCollection services, Action<CimStoreHttpOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new CimStoreHttpOptions();
        configure?.Invoke(options);
        services.TryAddSingleton<IStorageClient>(_ => new HttpStorageClient(options));
        return services;
    }
}
